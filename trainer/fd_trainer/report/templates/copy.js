document.addEventListener("click", (event) => {
  const button = event.target.closest("button[data-copy]");
  if (!button) return;
  const text = document.getElementById(button.dataset.copy).textContent;
  const said = (words) => { button.textContent = words; };
  const select = () => {
    getSelection().selectAllChildren(document.getElementById(button.dataset.copy));
    said(document.execCommand("copy") ? "copied" : "selected: copy it now");
  };
  if (navigator.clipboard) navigator.clipboard.writeText(text).then(() => said("copied"), select);
  else select();
});
