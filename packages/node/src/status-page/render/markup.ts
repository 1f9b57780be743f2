import { html, raw } from 'hono/html'
import type { HtmlEscapedString } from 'hono/utils/html'

/** Finished HTML. */
export type Markup = HtmlEscapedString
/** What may stand in a template; texts are escaped. */
export type Insertion = string | number | Markup | readonly Markup[]

/** HTML in which every inserted text is escaped. */
export function markup(strings: TemplateStringsArray, ...insertions: readonly Insertion[]): Markup {
  // `html` answers with a promise only when it was given one
  return html(strings, ...insertions) as Markup
}

/** HTML that we have rendered before. */
export function rendered(text: string): Markup {
  return raw(text)
}
