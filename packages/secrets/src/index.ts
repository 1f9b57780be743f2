export { renderAlertmanager } from './render-alertmanager.ts'
export { basicAuth, renderPrometheusUsers } from './render-prometheus-users.ts'
