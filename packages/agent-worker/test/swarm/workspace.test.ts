import { mkdir, readdir, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { expect, onTestFinished, test } from 'vitest'

import { fileTools, openWorkspace, PathRefusedError, type Workspace } from '../../src/swarm/workspace.ts'

async function open(): Promise<Workspace> {
  const workspace = await openWorkspace()
  onTestFinished(() => workspace.remove())
  return workspace
}

test('the workspace writes, lists and reads files in its own folder', async () => {
  const workspace = await open()
  expect(await workspace.write('b-1/deep/a.ts', 'one')).toBe(3)
  await workspace.write('b-1/deep/a.ts', 'two')
  await workspace.write('b-1/b.ts', '')
  expect(await workspace.list('b-1')).toEqual(['b-1/b.ts', 'b-1/deep/a.ts'])
  expect(await workspace.read('b-1/deep/a.ts')).toBe('two')
  expect(await workspace.list('b-2')).toEqual([])
  expect(await readdir(join(workspace.root, 'b-1'))).toEqual(['b.ts', 'deep'])
})

const escapes = ['../x', 'b-1/../../x', '/etc/passwd', '..', '..\\x', 'C:\\x', '\\\\server\\x', 'a\0b', '', 'x'.repeat(201)]

test.each(escapes)('the workspace refuses a path that is invalid or leads out of the folder: %j', async (path) => {
  const workspace = await open()
  await expect(workspace.read(path)).rejects.toThrow(PathRefusedError)
  await expect(workspace.write(path, 'x')).rejects.toThrow(PathRefusedError)
  await expect(workspace.list(path)).rejects.toThrow(PathRefusedError)
  expect(await workspace.has(path)).toBe(false)
})

test('the workspace refuses to follow a link out of the folder to a file, to a folder or to a missing file', async () => {
  const [workspace, outside] = [await open(), await open()]
  await outside.write('secret.txt', 'secret')
  await symlink(join(outside.root, 'secret.txt'), join(workspace.root, 'file'))
  await symlink(outside.root, join(workspace.root, 'folder'))
  await expect(workspace.read('file')).rejects.toThrow(PathRefusedError)
  await expect(workspace.write('folder/new.txt', 'x')).rejects.toThrow(PathRefusedError)
  await expect(workspace.list('folder')).rejects.toThrow(PathRefusedError)
  expect(await outside.list('.')).toEqual(['secret.txt'])
})

test('writing to a dangling link replaces the link and changes nothing outside the workspace', async () => {
  const [workspace, outside] = [await open(), await open()]
  await symlink(join(outside.root, 'new.txt'), join(workspace.root, 'link'))
  await workspace.write('link', 'x')
  expect(await outside.list('.')).toEqual([])
})

test('the workspace refuses to write and to read files that are too large', async () => {
  const workspace = await open()
  await expect(workspace.write('big', 'x'.repeat(100_001))).rejects.toThrow('the text is larger than 100000 bytes')
  await writeFile(join(workspace.root, 'big'), 'x'.repeat(100_001))
  await expect(workspace.read('big')).rejects.toThrow('the file is larger than 100000 bytes')
})

test('the error for an unreadable file contains its code, not its path', async () => {
  const workspace = await open()
  await workspace.write('b-1/file', 'x')
  const read = (path: string): Promise<unknown> => workspace.read(path).catch((error: unknown) => error)
  expect(await read('b-1/nougat')).toMatchObject({ message: 'the file system refused: ENOENT', code: 'ENOENT' })
  expect(await read('b-1/file/nougat')).toMatchObject({ message: 'the file system refused: ENOTDIR', code: 'ENOTDIR' })
  expect(await read('b-1')).toMatchObject({ message: 'the file system refused: EISDIR', code: 'EISDIR' })
})

test('readers never see a partly written file', async () => {
  const workspace = await open()
  const texts = ['a', 'b'].map((letter) => letter.repeat(50_000))
  await workspace.write('f', texts[0] ?? '')
  const seen = await Promise.all(
    Array.from({ length: 100 }, async (_, n) =>
      n % 2 === 0 ? workspace.write('f', texts[n % 4 === 0 ? 0 : 1] ?? '') : workspace.read('f'),
    ),
  )
  expect(seen.filter((value) => typeof value === 'string' && !texts.includes(value))).toEqual([])
})

test('remove deletes the workspace and all its files', async () => {
  const parent = join(await mkdirIn(), 'parent')
  await mkdir(parent)
  const workspace = await openWorkspace(parent)
  await workspace.write('a/b', 'x')
  await workspace.remove()
  expect(await readdir(parent)).toEqual([])
})

test("the agents' tools refuse paths that lead out of the folder", async () => {
  const { read_file } = fileTools(await open())
  const call = { toolCallId: '1', messages: [], context: undefined } as never
  await expect(Promise.resolve(read_file.execute?.({ path: '../x' }, call))).rejects.toThrow('a path stays inside the workspace')
})

async function mkdirIn(): Promise<string> {
  const outer = await openWorkspace(tmpdir())
  onTestFinished(() => outer.remove())
  return outer.root
}
