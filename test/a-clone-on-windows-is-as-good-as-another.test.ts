import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { repositoryRoot } from '@swarmwatch/testkit'
import { expect, onTestFinished, test } from 'vitest'

test('a clone by a git that writes CRLF has LF and passes the format check', () => {
  const folder = mkdtempSync(join(tmpdir(), 'swarmwatch-clone-'))
  onTestFinished(() => rmSync(folder, { recursive: true }))
  const git = (...args: readonly string[]): string => execFileSync('git', args, { cwd: folder, encoding: 'utf8', stdio: 'pipe' })
  git('clone', '--quiet', '--config=core.autocrlf=true', '--config=core.eol=crlf', repositoryRoot, '.')
  expect(git('ls-files', '--eol').match(/^.*\bw\/(?:crlf|mixed)\b.*$/gm)).toBeNull()
  execFileSync(process.execPath, [join(repositoryRoot, 'node_modules/oxfmt/bin/oxfmt'), '--check'], {
    cwd: folder,
    stdio: 'pipe',
  })
})

/** Lines of code in the pages, with the page. */
function codeLines(): readonly string[] {
  const tracked = execFileSync('git', ['ls-files', '*.md'], { cwd: repositoryRoot, encoding: 'utf8' })
  return tracked
    .trim()
    .split('\n')
    .flatMap((page) => {
      const text = readFileSync(join(repositoryRoot, page), 'utf8')
      const blocks = [...text.matchAll(/^ *```(\S*)\n([^]*?)^ *```$/gm)].filter(
        ([, language]) => !/^(?:powershell|ts)$/.test(language!),
      )
      const inline = [...text.replaceAll(/^ *```[^]*?^ *```$/gm, '').matchAll(/`([^`\n]+)`/g)].map(([, code]) => code!)
      return [...blocks.flatMap(([, , code]) => code!.split('\n')), ...inline].map((line) => `${page}: ${line.trim()}`)
    })
}

test('a command of the pages that only a POSIX shell understands is followed by a form for Windows', () => {
  // Pages whose commands all need a POSIX shell, which these pages mention
  const wholePages = /^docs\/(?:operations|scaling|runbooks\/\w+)\.md:/
  for (const page of ['docs/operations.md', 'docs/scaling.md', 'docs/runbooks/README.md'])
    expect(readFileSync(join(repositoryRoot, page), 'utf8')).toMatch(/on Windows: Git\s+Bash or WSL/)
  const posixOnly = /^\S+: (?:(?:[A-Z_][A-Z_0-9]*=\S* )+[a-z.]|(?:cp|mv|rm|export|chmod|ln|mkdir) )/
  const found = codeLines().filter((line) => posixOnly.test(line) && !wholePages.test(line) && !/# Windows: /.test(line))
  expect(found).toEqual([])
})
