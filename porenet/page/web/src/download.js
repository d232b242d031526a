// Hands a file to the reader.

/** @param {Blob} blob @param {string} name of the file; what no file system takes becomes _ */
export function download(blob, name) {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(blob);
  link.download = name.replace(/[^\w.-]+/g, "_") || "porenet";
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
}
