// Says what is wrong, readable and in place of what cannot be shown.

export function showMessage(text) {
  const element = document.getElementById("message");
  element.className = "message";
  element.textContent = text;
  element.hidden = false;
}
