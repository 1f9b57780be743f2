export { basicAuth, renderAlertmanager, renderUsers } from './rendered-files.ts'
