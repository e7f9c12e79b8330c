// Where Stytch is, by the project's id (stytch-api §4). Another address comes from the settings, and only on a laptop (env.ts).

export const vendorBaseUrl = (projectId: string): string =>
  projectId.startsWith('project-live-') ? 'https://api.stytch.com' : 'https://test.stytch.com'
