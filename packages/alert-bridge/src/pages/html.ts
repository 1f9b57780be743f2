import { createHash } from 'node:crypto'

/** Finished HTML. */
export class Html {
  readonly text: string

  constructor(text: string) {
    this.text = text
  }
}

/** A value in a template; text is escaped. */
export type Insertion = string | number | Html | readonly Html[]

/** HTML in which every inserted text is escaped, also within quotes. */
export function html(strings: TemplateStringsArray, ...insertions: readonly Insertion[]): Html {
  return new Html(strings.reduce((before, part, index) => `${before}${textOf(insertions[index - 1]!)}${part}`))
}

const entities: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' }

function textOf(insertion: Insertion): string {
  if (insertion instanceof Html) return insertion.text
  if (typeof insertion === 'object') return insertion.map(({ text }) => text).join('')
  return `${insertion}`.replaceAll(/[&<>"']/g, (character) => entities[character] ?? character)
}

const style = `
:root { color-scheme: light dark; --ground: #f3f3ef; --panel: #fdfdfb; --ink: #1b2127; --soft: #56606b; --rule: #dbdbd4; --link: #1f5683;
  --critical: #aa2720; --warning: #815300; --info: #1f5683; --over: #1d6b45 }
@media (prefers-color-scheme: dark) {
  :root { --ground: #0e1216; --panel: #151b21; --ink: #e3e8ec; --soft: #98a4b0; --rule: #2a333c; --link: #7fb4e0;
    --critical: #f2857d; --warning: #dfab4f; --info: #7fb4e0; --over: #6fc497 } }
* { box-sizing: border-box }
body { margin: 0; background: var(--ground); color: var(--ink); font: 16px/1.5 system-ui, sans-serif }
header, main { max-width: 52rem; margin: 0 auto; padding: 0 1rem }
header { padding-top: 1rem; color: var(--soft) }
main { padding-bottom: 3rem }
h1 { font-size: 1.5rem; line-height: 1.25; margin: .75rem 0; overflow-wrap: anywhere }
h2 { font-size: 1.1rem; margin: 2rem 0 .5rem }
a { color: var(--link) }
th a, li a, header a { display: inline-block; min-height: 1.75rem }
.panel { background: var(--panel); border: 1px solid var(--rule); border-radius: .5rem; padding: 1rem; margin: 1rem 0; overflow-wrap: anywhere }
form > p:first-of-type { margin-top: 0 } .panel > :first-child { margin-top: 0 } .panel > :last-child { margin-bottom: 0 }
.state { font-weight: 700; text-transform: uppercase; letter-spacing: .03em; font-size: .85rem }
.critical { color: var(--critical) } .warning { color: var(--warning) } .info { color: var(--info) } .over { color: var(--over) }
dl { display: grid; grid-template-columns: max-content 1fr; gap: .25rem 1rem; margin: 0 }
dt { color: var(--soft) } dd { margin: 0; overflow-wrap: anywhere }
table { width: 100%; border-collapse: collapse; margin: 1rem 0 } caption { text-align: left; color: var(--soft); padding-bottom: .25rem }
th, td { text-align: left; vertical-align: top; padding: .4rem .75rem .4rem 0; border-top: 1px solid var(--rule); overflow-wrap: anywhere }
label { display: block; font-weight: 600; margin-top: .75rem }
.hint { color: var(--soft); margin: 0; font-size: .9rem }
input, select { font: inherit; width: 100%; max-width: 26rem; padding: .5rem; border: 1px solid var(--soft); border-radius: .35rem;
  background: var(--ground); color: var(--ink) }
button { font: inherit; font-weight: 600; margin-top: 1rem; padding: .6rem 1.1rem; border: 0; border-radius: .35rem; cursor: pointer;
  background: var(--link); color: var(--panel) }
:focus-visible { outline: 3px solid var(--link); outline-offset: 2px }
.history { list-style: none; padding: 0 } .history li { border-left: 3px solid var(--rule); padding: .1rem 0 .6rem .75rem }
.history time { color: var(--soft); display: block; font-size: .9rem }
@media (max-width: 34rem) {
  dl { grid-template-columns: 1fr } dt { margin-top: .4rem } thead { display: none } tr { display: block; border-top: 1px solid var(--rule) }
  td, th { display: block; border: 0; padding: .1rem 0 } tr > :first-child { padding-top: .5rem } tr > :last-child { padding-bottom: .5rem } }
`

// apart from the template, because the policy has the hash of its text, with all spaces
const styleElement = new Html(`<style>${style}</style>`)

/** Nothing is loaded, no script runs, forms go to the bridge only, and no other page can contain this one. */
const policy = [
  "default-src 'none'",
  `style-src 'sha256-${createHash('sha256').update(style).digest('base64')}'`,
  // the empty icon, so that browsers ask for no other one
  'img-src data:',
  "form-action 'self'",
  "base-uri 'none'",
  "frame-ancestors 'none'",
].join('; ')

/** Headers of every page. */
export const pageHeaders: Readonly<Record<string, string>> = {
  'content-type': 'text/html; charset=utf-8',
  'content-security-policy': policy,
  'x-content-type-options': 'nosniff',
  'x-frame-options': 'DENY',
  // the address is a signed link: no other site and no cache learns it
  'referrer-policy': 'same-origin',
  'cache-control': 'no-store',
  'x-robots-tag': 'noindex, nofollow',
}

/** A whole document. */
export function page(title: string, body: Html, header: Html = html`Swarmwatch`): string {
  const document = html`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <title>${title} - Swarmwatch</title>
        <link rel="icon" href="data:," />
        ${styleElement}
      </head>
      <body>
        <header>${header}</header>
        <main>
          <h1>${title}</h1>
          ${body}
        </main>
      </body>
    </html> `
  return document.text
}
