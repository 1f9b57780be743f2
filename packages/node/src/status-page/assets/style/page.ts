/** Ground, head, sections, and how they stand beside each other. */
export const page: string = `
* { box-sizing: border-box; margin: 0; }
html { -webkit-text-size-adjust: 100%; }
body {
  background: var(--ground);
  color: var(--ink);
  font: 14px/1.45 system-ui, -apple-system, 'Segoe UI', Roboto, 'Noto Sans', 'Liberation Sans', sans-serif;
  font-variant-numeric: tabular-nums;
  overflow-wrap: anywhere;
}
header, main, footer { max-width: 1240px; margin: 0 auto; padding: 0 20px; }
header { display: flex; flex-wrap: wrap; align-items: baseline; gap: 4px 20px; padding-top: 16px; padding-bottom: 12px; }
h1 { font-size: 16px; font-weight: 650; letter-spacing: .01em; }
h1 .service { margin-left: 8px; padding-left: 10px; border-left: 1px solid var(--rule); font-weight: 400; color: var(--soft); }
h2 { font-size: 15px; font-weight: 650; margin-bottom: 6px; }
h2 .count { margin-left: 4px; font-weight: 400; color: var(--soft); }
h3, .parts caption { font-size: 12px; font-weight: 600; color: var(--soft); text-align: left; }
nav { display: flex; gap: 16px; }
nav a, footer a { color: var(--soft); text-underline-offset: 3px; text-decoration-color: var(--rule); }
nav a:hover, footer a:hover { color: var(--ink); }
.moment { margin-left: auto; display: flex; align-items: center; gap: 10px; color: var(--soft); }
#connection { display: inline-flex; align-items: center; gap: 6px; }
#connection::before { content: ''; width: 8px; height: 8px; border-radius: 50%; border: 2px solid var(--soft); }
#connection.live { color: var(--good); font-weight: 600; }
#connection.live::before { background: var(--good); border-color: var(--good); }
#connection.reconnecting { color: var(--warn); font-weight: 600; }
#connection.reconnecting::before { border-color: var(--warn); }
main { display: grid; grid-template-columns: minmax(0, 5fr) minmax(0, 7fr); gap: 14px; }
section { background: var(--panel); border: 1px solid var(--rule); border-radius: 6px; padding: 14px 16px; min-width: 0; scroll-margin-top: 12px; }
#figures { display: grid; grid-template-columns: 1fr 1fr; gap: 1px; padding: 0; background: var(--hair); overflow: hidden; }
#alerts, #running, #agents, #recent { grid-column: 1 / -1; }
footer { padding-top: 14px; padding-bottom: 28px; color: var(--soft); font-size: 13px; }
small, .note { font-size: 12.5px; color: var(--soft); font-weight: 400; }
code { font: 12.5px ui-monospace, 'SF Mono', Menlo, Consolas, 'Liberation Mono', monospace; }
.unseen, .scroll > table > caption { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); white-space: nowrap; }
:focus-visible { outline: 2px solid var(--line); outline-offset: 2px; border-radius: 3px; }
.login { display: grid; min-height: 100vh; place-items: center; }
.login main { display: block; width: 100%; max-width: 360px; background: var(--panel); border: 1px solid var(--rule); border-radius: 6px; padding: 24px; }
.login form { display: grid; gap: 8px; margin-top: 14px; }
.login input, .login button { font: inherit; color: inherit; padding: 9px 10px; border: 1px solid var(--soft); border-radius: 4px; background: var(--ground); }
.login button { background: var(--line); border-color: var(--line); color: var(--panel); font-weight: 600; cursor: pointer; margin-top: 6px; }
.login p { font-size: 12.5px; color: var(--soft); }
.login .wrong { color: var(--bad); }
@media (max-width: 900px) { main { grid-template-columns: minmax(0, 1fr); } }
@media (max-width: 640px) {
  header, main, footer { padding-left: 12px; padding-right: 12px; }
  .login main { max-width: calc(100vw - 24px); }
  main { gap: 10px; }
  section { padding: 12px; }
  .moment { margin-left: 0; width: 100%; order: 1; }
  nav { order: 2; width: 100%; justify-content: space-between; }
  nav a { padding: 6px 0; }
}
@media (prefers-reduced-motion: no-preference) {
  html { scroll-behavior: smooth; }
  .bar rect { transition: x .4s, width .4s; }
  .meter rect { transition: width .4s; }
}
`
