import { expect, test } from 'vitest'

import { repositoryUrl } from '../src/addresses.ts'
import { allPages, pageText } from '../src/assemble.ts'
import { markdownFiles } from '../src/pages.ts'

test('every document of docs/ is one page of the site', () => {
  const documents = ['docs', 'docs/runbooks'].flatMap((folder) => markdownFiles(folder).map((name) => `${folder}/${name}.md`))
  const sources = allPages.map(({ source }) => source)
  expect(documents.filter((document) => !sources.includes(document))).toEqual([])
  expect(sources.filter((source, at) => sources.indexOf(source) !== at)).toEqual([])
})

test('a link to a document leads to its page, one to another file to the repository, and one to no file is reported', () => {
  const page = { source: 'docs/queues.md', route: 'queues' }
  const source =
    '# Q\n\n[a](runbooks/README.md#silence) [b](../config/production.yaml) [c](nowhere.md) [d](#q) [e](../CHANGELOG.md)\n'
  expect(pageText(page, source)).toEqual({
    text: `---\nsource: docs/queues.md\n---\n\n# Q\n\n[a](./runbooks/index.md#silence) [b](${repositoryUrl}/blob/main/config/production.yaml) [c](nowhere.md) [d](#q) [e](./changelog.md)\n`,
    missing: ['docs/queues.md:3: nowhere.md'],
  })
})
