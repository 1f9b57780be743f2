import express from 'express'
import OpenAI from 'openai'

const client = new OpenAI()

async function answer(question) {
  const { choices } = await client.chat.completions.create({
    model: 'gpt-4.1-mini',
    messages: [{ role: 'user', content: question }],
  })
  return choices[0].message.content
}

const app = express()
app.get('/answers', async (request, response) => {
  response.send(await answer(String(request.query.question)))
})
const server = app.listen(0, '127.0.0.1', () => console.log(`listening on http://127.0.0.1:${server.address().port}`))
