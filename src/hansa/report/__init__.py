"""Reports: a study becomes a page, a document, a spreadsheet."""
