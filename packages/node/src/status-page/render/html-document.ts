import { type Insertion, type Markup, markup } from './markup.ts'

/** A whole document: what all our pages have in their head, and the given rest of it; `body` is the body element. */
export function htmlDocument({ title, head = '', body }: { title: string; head?: Insertion; body: Markup }): Markup {
  return markup`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>${title}</title>
<link rel="icon" href="data:,">
<link rel="stylesheet" href="style.css">${head}
</head>
${body}
</html>
`
}
