module.exports = {
  modules: {
    ai: require('ai'),
    ...require('@ai-sdk/openai'),
    mcp: {
      ...require('@modelcontextprotocol/sdk/client/index.js'),
      ...require('@modelcontextprotocol/sdk/inMemory.js'),
      ...require('@modelcontextprotocol/sdk/server/mcp.js'),
    },
    ...require('zod'),
    instrumentAgent: require('@swarmwatch/sdk').instrumentAgent,
  },
}
