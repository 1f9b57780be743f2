import { type Markup, markup } from './markup.ts'

/** A figure as people read it, with its exact value for programs; `name` finds it on the page. */
export function figure(name: string, value: number | undefined, text: string): Markup {
  return markup`<data data-figure="${name}" value="${value ?? ''}">${text}</data>`
}
