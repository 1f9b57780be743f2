import { expect, test } from 'vitest'

import { llmsText } from '../src/llms.ts'
import { allPages } from '../src/assemble.ts'

const text = await llmsText()

test('llms.txt has a title, a summary, a text, and lists of links with headings, as llmstxt.org asks for', () => {
  const [first = '', ...lists] = text.split(/^## /m)
  expect(first).toMatch(/^# Swarmwatch\n\n> [^\n]+\n\n[^#>\n][^\n]*\n\n$/)
  expect(lists.at(-1)).toMatch(/^Optional\n/)
  // What else is in a list makes readers of the format fail
  const others = lists.flatMap((list) => list.trim().split('\n').slice(2))
  expect(others.filter((line) => !/^- \[[^\]]+\]\(https:\/\/[^)\s]+\.md\)(: .+)?$/.test(line))).toEqual([])
})

test('llms.txt links every page of the documents once', () => {
  const linked = [...text.matchAll(/\]\(https:\/\/[^/]+\/(?!api\/)([^)]+)\.md\)/g)].map(([, route]) => route!)
  expect(linked.toSorted()).toEqual(allPages.map(({ route }) => route).toSorted())
})

test('llms.txt describes every page of the guides in a sentence', () => {
  const [guides = ''] = text.split(/^## (?:Exports|Optional)$/m)
  const links = [...guides.matchAll(/^- \[([^\]]+)\]\([^)]+\)(?:: (.+))?$/gm)]
  expect(links.length).toBeGreaterThan(25)
  expect(links.filter(([, , summary]) => summary === undefined).map(([, title]) => title)).toEqual([])
})
