"""Paper: receipts as PDF pages, by typst; the template and its words lie beside the code."""
