import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join, sep } from 'node:path'
import { fileURLToPath } from 'node:url'

/** A service that the stack watches. */
export interface StackService {
  /** Its name, of a-z, 0-9 and "-": the names of the compose project and of its image, and `OTEL_SERVICE_NAME`. */
  readonly name: string
  /** Folder of the stack below the project, such as `swarmwatch`. */
  readonly folder: string
  /** Path of its Dockerfile below the project. @default a file `app.Dockerfile` of the stack, which installs and starts it */
  readonly dockerfile?: string | undefined
  /** The package manager of the `app.Dockerfile`. @default 'npm' */
  readonly packageManager?: 'npm' | 'pnpm' | 'yarn' | 'bun'
  /** Whether `package.json` has a script `build`. @default false */
  readonly hasBuildScript?: boolean
}

/** The content of each file by its path below the folder of the stack, with `/`. */
export type StackFiles = Readonly<Record<string, string>>

const validName = /^[a-z0-9](?:[a-z0-9-]*[a-z0-9])?$/

/**
 * The files of the stack for a service of yours. Files that differ on each machine are not among them: `.gitignore` lists them, and each
 * has an example.
 * @throws RangeError when the name or the folder cannot be used
 */
export async function stackFiles(service: StackService): Promise<StackFiles> {
  const { name, folder, dockerfile } = service
  if (!validName.test(name)) {
    throw new RangeError(`name must be of a-z, 0-9 and "-", and neither begin nor end with "-", got ${JSON.stringify(name)}`)
  }
  if (!/^[\w.-]+(?:\/[\w.-]+)*$/.test(folder) || folder.split('/').some((part) => part === '.' || part === '..')) {
    throw new RangeError(`folder must be a relative path of letters, digits, "_", "." and "-", got ${JSON.stringify(folder)}`)
  }
  const up = folder
    .split('/')
    .map(() => '..')
    .join('/')
  const values: Readonly<Record<string, string>> = {
    __SERVICE__: name,
    __FOLDER__: folder,
    __APP_CONTEXT__: up,
    __APP_DOCKERFILE__: dockerfile ?? `${folder}/app.Dockerfile`,
  }
  const templates = Object.entries(await readTemplates()).map(([path, text]) => [
    path,
    text.replaceAll(/__[A-Z_]+__/g, (placeholder) => values[placeholder] ?? placeholder),
  ])
  return {
    ...(Object.fromEntries(templates) as StackFiles),
    'README.md': readme(service),
    '.gitignore': '# Made on each machine by npx swarmwatch secrets\n.secrets/\n.env\n.env.production\napp.env\n',
    'app.env.example': appEnvironment(service),
    // The images of this folder need none of its files
    '.dockerignore': '*\n',
    ...(dockerfile === undefined
      ? {
          'app.Dockerfile': appDockerfile(service),
          'app.Dockerfile.dockerignore': `.git\nnode_modules\n.env*\n${folder}/.secrets\n${folder}/.env*\n${folder}/app.env\n`,
        }
      : {}),
  }
}

/** From the package; in a clone of the repository, rendered from its own stack. */
async function readTemplates(): Promise<StackFiles> {
  const folder = fileURLToPath(new URL('files/', import.meta.url))
  if (!existsSync(folder)) {
    const { renderTemplates } = await import('./render-templates.ts')
    return renderTemplates()
  }
  const entries = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile())
  return Object.fromEntries(
    entries
      .map((entry) => join(entry.parentPath, entry.name))
      .toSorted()
      .map((file) => [file.slice(folder.length).replaceAll(sep, '/'), readFileSync(file, 'utf8')]),
  )
}

function appEnvironment({ name, folder }: StackService): string {
  return `# Where ${name} sends its telemetry on this machine: copied to app.env, which the start scripts read if it exists. Variables that are
# already set win. Without app.env, there are only the status page and /metrics of the process itself.
OTEL_SERVICE_NAME=${name}
OTEL_EXPORTER_OTLP_ENDPOINT=http://127.0.0.1:4318
SWARMWATCH_OTLP_TOKEN_FILE=${folder}/.secrets/otlp_token
SWARMWATCH_CONFIG=${folder}/config/production.yaml
# The status page of the process; Grafana of the stack has 8080
MONITOR_PORT=8081
# Seconds between two exports of metrics: on this machine you want to see the first ones soon
METRICS_EXPORT_INTERVAL=5
`
}

const installs = {
  npm: { lock: 'package-lock.json*', all: 'npm install --no-audit --no-fund', build: 'npm run build' },
  pnpm: { lock: 'pnpm-lock.yaml* pnpm-workspace.yaml*', all: 'npx --yes pnpm@12 install', build: 'npx --yes pnpm@12 run build' },
  yarn: { lock: 'yarn.lock* .yarnrc.yml*', all: 'corepack enable && yarn install', build: 'yarn run build' },
  bun: { lock: 'bun.lock*', all: 'npx --yes bun install', build: 'npx --yes bun run build' },
} as const

function appDockerfile({ name, folder, packageManager = 'npm', hasBuildScript = false }: StackService): string {
  const { lock, all, build } = installs[packageManager]
  return `# The image of ${name} for --profile app. If the project has a Dockerfile of its own, name that in ${folder}/compose.yaml instead.
FROM node:24-bookworm-slim
WORKDIR /app
${packageManager === 'npm' ? 'ARG NPM_CONFIG_REGISTRY\n' : ''}COPY package.json .npmrc* ${lock} ./
RUN ${all}
COPY . .
${hasBuildScript ? `RUN ${build}\n` : ''}ENV NODE_ENV=production
USER 10001:10001
CMD ["npm", "start"]
`
}

function readme({ name, folder }: StackService): string {
  return `# The Swarmwatch stack of ${name}

\`\`\`
docker compose --project-directory ${folder} up --detach --wait
\`\`\`

| | |
| --- | --- |
| telemetry of ${name} | OTLP on 127.0.0.1:4318 and 4317, token in \`.secrets/otlp_token\`; \`app.env\` has both |
| Grafana | <http://127.0.0.1:8080/>, user \`admin\`, password in \`.secrets/grafana_admin_password\` |
| alerts | set a channel in \`.env.production\`, then \`npx swarmwatch secrets\` and \`up\` again |
| ${name} as a container | \`docker compose --project-directory ${folder} --profile app up --detach --wait\` |

| command | |
| --- | --- |
| \`npx swarmwatch secrets\` | makes \`.secrets/\`, \`.env.production\` and \`app.env\` on a new machine; overwrites nothing |
| \`npx swarmwatch@latest init --update\` | merges a newer version into these files and keeps your changes |
| \`npx swarmwatch init --remove\` | removes everything that \`init\` added |
| \`docker compose --project-directory ${folder} down --volumes\` | stops the stack and deletes its data |

An image that is built from the whole project must not contain \`.secrets/\`: \`init\` adds it to \`.dockerignore\` if the project
has that or a Dockerfile. If you write them later, add \`${folder}/.secrets\`, \`${folder}/.env*\` and \`${folder}/app.env\`.

You may change every file here. \`.init/\` holds what was written, for \`--update\` and \`--remove\`: commit it, too.
`
}
