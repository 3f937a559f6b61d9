"""Parts of the page as HTML that several tabs show."""
