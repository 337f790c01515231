"""Everything that people see, rendered on the server: one module per page, its fragments beside it."""

from typing import Final

from litestar.types import ControllerRouterHandler

from app.web.pages import (
    account,
    approvals,
    audit,
    blocks,
    credentials,
    editor,
    entry,
    executions,
    gallery,
    history,
    keys,
    links,
    members,
    operator,
    retries,
    workflows,
)

PAGES: Final[tuple[ControllerRouterHandler, ...]] = (
    entry.setup_page,
    entry.setup,
    entry.sign_in_page,
    entry.sign_in,
    entry.second_step,
    entry.sign_out,
    workflows.workflows_page,
    workflows.create_workflow,
    workflows.duplicate_workflow,
    workflows.delete_workflow,
    gallery.gallery_page,
    gallery.use_template,
    editor.editor_page,
    editor.block_form,
    editor.available_values,
    editor.run_form,
    editor.step_panel,
    *history.ROUTES,
    executions.executions_page,
    executions.execution_page,
    executions.cancel_execution,
    retries.retry_execution,
    approvals.approvals_page,
    approvals.approvals_count,
    approvals.approval_page,
    approvals.decide_approval,
    *credentials.ROUTES,
    *account.ROUTES,
    *keys.ROUTES,
    *members.ROUTES,
    *links.ROUTES,
    *audit.ROUTES,
    *operator.ROUTES,
    blocks.blocks_page,
    blocks.block_page,
    blocks.expressions_page,
)
"""The route handlers of the application's HTML surface."""
