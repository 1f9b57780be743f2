/** The repository on the web, for links to files that are no page. OWNER is a placeholder until the project is published. */
export const repositoryUrl = 'https://github.com/OWNER/swarmwatch'

/** The address of this site in `llms.txt`, where links must be absolute. A placeholder until the site has a domain. */
export const siteUrl: string = process.env['SITE_URL'] ?? 'https://swarmwatch.example'
