"""The keys the page knows, and the box that tells them."""

from __future__ import annotations

from nicegui import ui

from rehearsal.drawing import box, name, push_button, words

KEYS = {
    "Tab, Shift+Tab": "from one control to the next and back",
    "Enter": "sends what was written; presses a button",
    "↑ in an empty message": "changes the last message",
    "Esc": "leaves a reply or a change; from a chat, back to writing",
    "Alt+1, Alt+2": "write on the left, on the right phone",
    "Alt+N": "next event",
    "Alt+H, Alt+D": "one hour, one day ahead",
    "Alt+P": "pause and continue the script",
    "Alt+K": "these keys",
}
SHORTCUTS = """
document.addEventListener('keydown', (event) => {
  if (event.key === 'Escape') {
    const chat = event.target.closest && event.target.closest('.chat');
    if (chat) chat.parentElement.querySelector('.writing input').focus();
    return;
  }
  if (!event.altKey || event.ctrlKey || event.metaKey || event.code === undefined) return;
  const key = event.code.replace(/^(Key|Digit)/, '').toLowerCase();
  const target = document.querySelector(`[data-alt="${CSS.escape(key)}"]`);
  if (!target) return;
  event.preventDefault();
  const field = target.matches('input') ? target : target.querySelector('input');
  if (field) field.focus(); else target.click();
});
"""


def draw_help() -> None:
    """A button in the corner, and what it opens."""
    with ui.dialog() as dialog, box("help-box"):
        words("Keys", "panel-title", "h2")
        with box("facts", "dl"):
            for key, does in KEYS.items():
                with box("fact"):
                    words(key, "fact-value", "dt")
                    words(does, "fact-name", "dd")
        push_button("Close", "Close the keys", dialog.close, "turn main")
    name(dialog, "Keys")
    push_button("?", "The keys of this page", dialog.open, "help-button", "k")
