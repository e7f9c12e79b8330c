// Where Stytch is, by the project's id (stytch-api §4). Another address comes from the settings, and only on a laptop (env.ts).

export const vendorBaseUrl = (projectId: string): string =>
  projectId.startsWith('project-live-') ? 'https://api.stytch.com' : 'https://test.stytch.com'

/** Where a client's secret is exchanged for a token. @param baseUrl Stytch's own, or a laptop's */
export const tokenUrlOf = (projectId: string, baseUrl: string = vendorBaseUrl(projectId)): string =>
  new URL(`/v1/public/${encodeURIComponent(projectId)}/oauth2/token`, baseUrl).href
