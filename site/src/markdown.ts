import { parse } from '@textlint/markdown-to-ast'

/** A link, an image or a definition of one. */
export interface MarkdownLink {
  readonly url: string
  /** Offsets of the address in the text. */
  readonly start: number
  readonly end: number
  readonly line: number
}

/** A fenced block of code. */
export interface Snippet {
  /** The word after the fence, such as `ts`; empty without one. */
  readonly language: string
  readonly code: string
  readonly line: number
  /** The heading above. */
  readonly heading: string
}

/** A heading, as its text without marks. */
export interface Heading {
  readonly text: string
  readonly depth: number
}

/** The parts of a Markdown document that the site and its tests read. */
export interface MarkdownDocument {
  readonly links: readonly MarkdownLink[]
  readonly snippets: readonly Snippet[]
  readonly headings: readonly Heading[]
}

interface Node {
  readonly type: string
  readonly raw: string
  readonly range: readonly [number, number]
  readonly loc: { readonly start: { readonly line: number } }
  readonly url?: string
  readonly value?: string
  readonly lang?: string | null
  readonly depth?: number
  readonly children?: readonly Node[]
}

/** Parses a document as CommonMark with tables. */
export function readMarkdown(text: string): MarkdownDocument {
  const links: MarkdownLink[] = []
  const snippets: Snippet[] = []
  const headings: Heading[] = []
  const visit = (node: Node): void => {
    if (node.type === 'Header') headings.push({ text: plainText(node), depth: node.depth ?? 1 })
    if (node.type === 'CodeBlock' && /^ *(```|~~~)/.test(node.raw)) {
      const { lang, value = '' } = node
      snippets.push({ language: lang ?? '', code: value, line: node.loc.start.line, heading: headings.at(-1)?.text ?? '' })
    }
    if (node.url !== undefined) {
      // The text of a link may repeat its address; the address is the last one
      const at = node.raw.lastIndexOf(node.url)
      if (at >= 0) {
        const start = node.range[0] + at
        links.push({ url: node.url, start, end: start + node.url.length, line: node.loc.start.line })
      }
    }
    node.children?.forEach(visit)
  }
  visit(parse(text) as unknown as Node)
  return { links, snippets, headings }
}

function plainText(node: Node): string {
  return node.value ?? (node.children ?? []).map(plainText).join('')
}
