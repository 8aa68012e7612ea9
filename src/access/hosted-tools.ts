// Tools of a provider's own, as usage, prices and limits name them. A name that is not here is never counted: what would be
// priced or limited by it would cost nothing.

export const HOSTED_TOOLS = [
  'code_execution',
  'code_interpreter',
  'computer',
  'computer_use',
  'file_search',
  'image_generation',
  'mcp',
  'programmatic_tool_calling',
  'shell',
  'tool_search',
  'web_fetch',
  'web_search',
] as const

/** All that are not known here, in one amount: their names may be anybody's text. */
export const OTHER_TOOLS = 'other'
