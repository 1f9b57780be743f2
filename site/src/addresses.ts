import { readFileSync } from 'node:fs'

const project = JSON.parse(readFileSync(new URL('../../release/project.json', import.meta.url), 'utf8')) as {
  readonly repository: string
}

/** The repository on the web, for links to files that are no page. */
export const repositoryUrl: string = project.repository

/** The address of this site in `llms.txt`, where links must be absolute. A placeholder until the site has a domain. */
export const siteUrl: string = process.env['SITE_URL'] ?? 'https://swarmwatch.example'
