import { outputOf, type Script } from '../script.ts'
import { taskOf } from './task-of.ts'

const review = 'REVIEW.md'

/** Lists the folder, reads each file, writes a review, posts the verdict, then repeats it in words. */
export const reviewerScript: Script = (conversation) => {
  const { item, folder } = taskOf(conversation)
  const listed = outputOf(conversation, 'list_files')
  if (!listed) return { tool: 'list_files', input: { folder } }

  const files = (Array.isArray(listed['files']) ? listed['files'].map(String) : []).filter((file) => !file.endsWith(review))
  const contents = new Map(files.map((path) => [path, outputOf(conversation, 'read_file', (input) => input['path'] === path)]))
  for (const [path, read] of contents) if (!read) return { tool: 'read_file', input: { path } }

  const verdict = files.length > 0 ? 'approve' : 'request_changes'
  if (!outputOf(conversation, 'write_file')) {
    const lines = [...contents].map(([path, read]) => `- ${path}: ${lineCount(read?.['content'])} lines, reads well`)
    const content = [
      `# Review of ${item}`,
      '',
      ...(lines.length > 0 ? lines : ['- nothing is there yet']),
      '',
      `Verdict: ${verdict}`,
      '',
    ].join('\n')
    return { tool: 'write_file', input: { path: `${folder}/${review}`, content } }
  }
  if (!outputOf(conversation, 'post_review')) {
    return { tool: 'post_review', input: { item, verdict, summary: `${files.length} files read.` } }
  }
  return { text: `Reviewed ${item}: ${files.length} files read, verdict ${verdict}.` }
}

const lineCount = (text: unknown): number => (typeof text === 'string' ? text.trimEnd().split('\n').length : 0)
