"""Port positions, curves, zoom and the layered layout."""

from __future__ import annotations

from .conftest import Evaluate

PORTS = """
const one = [{ name: "output" }, { name: "error", error: true }];
const three = [{ name: "if" }, { name: "elif_1" }, { name: "else" }, { name: "error", error: true }];
"""


def test_a_card_grows_with_its_ports(evaluate: Evaluate) -> None:
    small, large = evaluate(PORTS + "return [one, three].map((ports) => geometry.cardSize(ports).height);")
    assert small == 60
    assert large == 60 + 3 * 26 + 8


def test_ports_lie_on_the_rim_one_below_the_other(evaluate: Evaluate) -> None:
    places = evaluate(PORTS + """
        const at = (name) => geometry.portOffset(three, "out", name);
        return { in: geometry.portOffset(three, "in", "input"), rows: ["if", "elif_1", "else"].map(at), error: at("error"),
                 width: geometry.CARD_WIDTH, height: geometry.cardSize(three).height };""")
    assert places["in"]["x"] == 0
    assert [row["x"] for row in places["rows"]] == [places["width"]] * 3
    assert [row["y"] for row in places["rows"]] == [73, 99, 125]
    assert places["error"]["y"] == places["height"]
    assert places["error"]["way"] == "down"


def test_a_curve_begins_and_ends_at_its_ports(evaluate: Evaluate) -> None:
    start, end, near, far = evaluate("""
        const points = geometry.curve({ x: 0, y: 0, way: "right" }, { x: 300, y: 100, way: "left" });
        return [geometry.pointOn(points, 0), geometry.pointOn(points, 1),
                geometry.distanceToCurve(points, geometry.pointOn(points, 0.4)),
                geometry.distanceToCurve(points, { x: 150, y: 400 })];""")
    assert start == {"x": 0, "y": 0}
    assert end == {"x": 300, "y": 100}
    assert near < 10
    assert far > 200


def test_zooming_keeps_the_point_under_the_mouse(evaluate: Evaluate) -> None:
    before, after, scale = evaluate("""
        const viewport = { x: 30, y: -20, scale: 0.8 };
        const mouse = { x: 400, y: 300 };
        const zoomed = geometry.zoomAt(viewport, mouse, 1.5);
        return [geometry.toWorld(viewport, mouse), geometry.toWorld(zoomed, mouse), zoomed.scale];""")
    assert abs(before["x"] - after["x"]) < 1e-6
    assert abs(before["y"] - after["y"]) < 1e-6
    assert abs(scale - 1.2) < 1e-9


def test_zoom_has_limits(evaluate: Evaluate) -> None:
    small, large = evaluate("""
        const zoomed = (factor) => geometry.zoomAt({ x: 0, y: 0, scale: 1 }, { x: 0, y: 0 }, factor);
        return [zoomed(1e-6).scale, zoomed(1e6).scale];""")
    assert small == 0.05
    assert large == 2


def test_fit_shows_the_whole_box_in_the_middle(evaluate: Evaluate) -> None:
    sight, alone = evaluate("""
        const size = { width: 1000, height: 600 };
        const box = { x: -500, y: 100, width: 3000, height: 400 };
        const small = { x: 0, y: 0, width: 10, height: 10 };
        return [geometry.visibleBox(geometry.fit(box, size), size), geometry.fit(small, size).scale];""")
    assert sight["x"] <= -500
    assert sight["x"] + sight["width"] >= 2500
    assert abs(sight["y"] + sight["height"] / 2 - 300) < 1e-6
    assert alone == 1


FAN = """
const store = storeOf(
  [block("third", "response", {}, 40, 80), block("second", "response"), block("first", "response"),
   block("condition_1", "condition", { branches: [{}, {}] }), block("starter_1", "starter", {}, 900, 300)],
  [edge("condition_1", "else", "third"), edge("condition_1", "elif_1", "second"), edge("condition_1", "if", "first"),
   edge("starter_1", "output", "condition_1")]);
const places = Object.fromEntries(tidyPositions(store));
"""


def test_tidy_goes_from_left_to_right(evaluate: Evaluate) -> None:
    places = evaluate(FAN + "return places;")
    assert places["starter_1"]["x"] < places["condition_1"]["x"] < places["first"]["x"]


def test_tidy_puts_branches_in_the_order_of_their_ports_however_they_were_drawn(evaluate: Evaluate) -> None:
    for places in evaluate(FAN + """
        const [blocks, ways] = [[...store.blocks.values()], [...store.edges.values()]];
        const reversed = storeOf([...blocks].reverse(), [...ways].reverse());
        return [places, Object.fromEntries(tidyPositions(reversed))];"""):
        assert places["first"]["y"] < places["second"]["y"] < places["third"]["y"]


def test_tidy_leaves_no_overlap_and_keeps_the_corner(evaluate: Evaluate) -> None:
    overlapping, corner = evaluate(FAN + """
        const boxes = [...store.blocks.keys()].map((id) => ({ ...places[id], ...geometry.cardSize(store.outputs(id)) }));
        const overlapping = boxes.flatMap((one, n) => boxes.slice(n + 1).filter((other) => geometry.overlaps(one, other)));
        const { x, y } = geometry.boundingBox(boxes);
        return [overlapping.length, { x, y }];""")
    assert overlapping == 0
    assert corner == {"x": 0, "y": 0}


def test_tidy_moves_only_the_chosen_blocks(evaluate: Evaluate) -> None:
    assert evaluate(FAN + 'return [...tidyPositions(store, ["first", "second"]).keys()];') == ["first", "second"]
