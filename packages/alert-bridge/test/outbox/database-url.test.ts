import { fc, test as property } from '@fast-check/vitest'
import { Secret } from '@swarmwatch/config'
import { expect, test } from 'vitest'

import { readDatabaseUrl } from '../../src/outbox/postgres/database-url.ts'
import { readBridgeSettings } from '../../src/settings.ts'

test('a URL with several hosts becomes one URL for each, with the same user, database and options', () => {
  const url = 'postgresql://bridge:p%40ss@db-1:5433,db-2/alerts?sslmode=verify-full&target_session_attrs=read-write'
  expect(readDatabaseUrl(url)).toEqual({
    urls: [
      'postgresql://bridge:p%40ss@db-1:5433/alerts?sslmode=verify-full',
      'postgresql://bridge:p%40ss@db-2/alerts?sslmode=verify-full',
    ],
    shown: 'db-1:5433,db-2/alerts',
  })
})

test.each([
  'mysql://db/alerts',
  'db:5432',
  'postgres://db:x/alerts',
  'postgres://db/alerts?target_session_attrs=read-only',
  'postgres://one:5432,two:x/alerts',
  // a password that is not percent-encoded
  'postgres://bridge:12/secret@db/alerts',
  'postgres://bridge:/secret@db/alerts',
])('%s is refused', (url) => {
  expect(readDatabaseUrl(url)).toBeUndefined()
})

property.prop([fc.string({ minLength: 3 }).filter((text) => encodeURIComponent(text) !== text)])(
  'the password is in none of the shown texts',
  (password) => {
    const encoded = encodeURIComponent(password.toWellFormed())
    const read = readDatabaseUrl(`postgres://bridge:${encoded}@db/alerts`)
    expect(read?.shown).toBe('db/alerts')
  },
)

test('a folder and a database at the same time are refused, with the cure and without the password', () => {
  const env = {
    BRIDGE_TOKEN: 'a-token-for-this-test',
    BRIDGE_DATA_DIR: '/data',
    BRIDGE_DATABASE_URL: 'postgres://bridge:secret-password@db/alerts',
  }
  const read = (): unknown => readBridgeSettings({ env })
  expect(read).toThrow(/BRIDGE_DATA_DIR and BRIDGE_DATABASE_URL are both set; set only one of them/)
  expect(read).not.toThrow(/secret-password/)
  expect(() => readBridgeSettings({ env: { ...env, BRIDGE_DATABASE_URL: 'postgres//secret-password' } })).toThrow(
    /BRIDGE_DATABASE_URL must be a postgres/,
  )
})

test('the URL can be in a file', () => {
  const env = { BRIDGE_TOKEN: 'a-token-for-this-test', BRIDGE_DATABASE_URL_FILE: '/run/secrets/database' }
  const settings = readBridgeSettings({ env, readFile: () => 'postgres://bridge:secret@db/alerts\n' })
  expect(settings.databaseUrl).toBeInstanceOf(Secret)
  expect(settings.databaseUrl?.reveal()).toBe('postgres://bridge:secret@db/alerts')
})
