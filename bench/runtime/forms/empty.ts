// A function that does nothing: what Node and the runtime interface client cost by themselves.
export const handler = async (): Promise<object> => ({ statusCode: 200, body: '{}' })
