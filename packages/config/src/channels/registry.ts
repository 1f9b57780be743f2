// One line for each type of channel; everything else about it is in its file
export { onConsole } from './console.ts'
export { discord } from './discord.ts'
export { email } from './email.ts'
export { ntfy } from './ntfy.ts'
export { slack } from './slack.ts'
export { teams } from './teams.ts'
export { telegram } from './telegram.ts'
export { webhook } from './webhook.ts'
