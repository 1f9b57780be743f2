import OpenAI from 'openai'

const client = new OpenAI()

async function review(text) {
  const { choices } = await client.chat.completions.create({
    model: 'gpt-4.1-mini',
    messages: [{ role: 'user', content: `Review: ${text}` }],
  })
  return choices[0].message.content
}

console.log(await review('A text about the weather.'))
