"""One folder a page; each has a `PAGE` (`hansa.web.page.Page`)."""
