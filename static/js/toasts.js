// Short messages at the rim: those that came with the page, and `blockyard:toast` events ({text, tone}).
const SHOWN_FOR = 5000;

function dismissLater(toast) {
  setTimeout(() => toast.remove(), SHOWN_FOR);
}

document.addEventListener("blockyard:toast", (event) => {
  const toast = document.createElement("div");
  toast.className = "toast";
  toast.dataset.tone = event.detail.tone ?? "success";
  toast.textContent = event.detail.text;
  document.getElementById("toasts")?.append(toast);
  dismissLater(toast);
});

for (const toast of document.querySelectorAll("#toasts > .toast")) dismissLater(toast);

const address = new URL(location.href);
if (address.searchParams.has("done")) {
  // A reload must not repeat the message.
  address.searchParams.delete("done");
  history.replaceState(history.state, "", address);
}
