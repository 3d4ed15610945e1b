"""Reports as text: a Markdown document parted into prose and blocks, and what each block asks for; no models here."""
