import express from 'express'

import { greet } from './greeter.mjs'

const app = express()
app.get('/greet', async (_request, response) => response.send(await greet('Ada')))
const server = app.listen(0, '127.0.0.1', () => console.log(`listening on http://127.0.0.1:${server.address().port}`))
