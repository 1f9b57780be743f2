import { expect, test } from 'vitest'

import { startScripts } from '../../src/init/start-scripts.ts'

const options = ['--env-file-if-exists=s/app.env', '--import @swarmwatch/node/register']
const added = options.join(' ')

test.each([
  ['node server.js', `node ${added} server.js`],
  ['node', `node ${added}`],
  [
    'NODE_ENV=production node --enable-source-maps dist/main.js',
    `NODE_ENV=production node --enable-source-maps ${added} dist/main.js`,
  ],
  ['cross-env A=1 node -r dotenv/config app.js --port 1', `cross-env A=1 node -r dotenv/config ${added} app.js --port 1`],
  ['node --import ./sentry.mjs app.mjs', `node --import ./sentry.mjs ${added} app.mjs`],
  ['npm run build && node dist/index.js', `npm run build && node ${added} dist/index.js`],
  ['node migrate.js; node server.js | pino-pretty', `node ${added} migrate.js; node ${added} server.js | pino-pretty`],
  ['tsx src/index.ts', `tsx ${added} src/index.ts`],
  ['tsx watch --clear-screen=false src/index.ts', `tsx watch --clear-screen=false ${added} src/index.ts`],
  ['nodemon server.js', 'nodemon --env-file-if-exists=s/app.env --import=@swarmwatch/node/register server.js'],
  ['nest start --watch', `nest start --watch --exec "node ${added}"`],
  ['fastify start -w app.js', `node ${added} node_modules/fastify-cli/cli.js start -w app.js`],
])('"%s" starts telemetry as "%s"', (command, expected) => {
  expect(startScripts({ start: command }, options, '@swarmwatch/node/register')).toEqual([
    { name: 'start', kind: 'changed', command: expected },
  ])
})

test.each([
  'next dev',
  'ts-node src/index.ts',
  'node --test',
  'nodemon --exec ts-node x.ts',
  'echo "node server.js; node x"',
  'bun run x.ts',
])('"%s" is left as it is, with the reason', (command) => {
  expect(startScripts({ dev: command }, options, '@swarmwatch/node/register')).toEqual([
    { name: 'dev', kind: 'unknown', reason: `"${command}" calls none of node, tsx, nodemon, nest start, fastify start` },
  ])
})

test('only scripts that start an application are changed, and none twice', () => {
  const scripts = {
    start: `node ${added} a.js`,
    'start:prod': 'node dist/main',
    'dev:web': 'node web.js',
    build: 'node build.js',
    test: 'node --test',
  }
  expect(startScripts(scripts, options, '@swarmwatch/node/register')).toEqual([
    { name: 'start', kind: 'present' },
    { name: 'start:prod', kind: 'changed', command: `node ${added} dist/main` },
    { name: 'dev:web', kind: 'changed', command: `node ${added} web.js` },
  ])
})
