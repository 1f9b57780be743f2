export { makeSecrets, type MadeSecret, type SecretOptions } from './make-secrets.ts'
export { basicAuth, renderAlertmanager, renderUsers } from './rendered-files.ts'
