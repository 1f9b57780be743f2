import { readFileSync } from 'node:fs'

const read = (name: string): string => readFileSync(new URL(`tls/${name}.pem`, import.meta.url), 'utf8')

/** A server's key and certificate, signed by itself: trusted where `cert` is given as authority. */
export const validTls: { readonly key: string; readonly cert: string } = { key: read('key'), cert: read('certificate') }

/** The same, expired in 2021. */
export const expiredTls: { readonly key: string; readonly cert: string } = { key: read('key'), cert: read('expired') }
