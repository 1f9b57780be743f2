export { renderAlertmanager } from './render-alertmanager.ts'
export { basicAuth, renderUsers } from './render-users.ts'
