// What people and their tools store where a client's secret should be: each a text that was seen, or is easily made.

export interface Held {
  readonly clientId: string
  readonly value: string
  readonly projectId: string
  readonly tokenUrl: string
}

const whole = ({ clientId, value, projectId, tokenUrl }: Held) => ({
  client_id: clientId,
  client_secret: value,
  project_id: projectId,
  token_url: tokenUrl,
})

/** Made on Windows, with what JSON.parse would not give back: digits, a decimal's zero, names that look like numbers. */
export const withOwnFields = ({ clientId, value, projectId, tokenUrl }: Held): string =>
  [
    '{',
    `  "client_id": "${clientId}",`,
    `  "client_secret": "${value}",`,
    `  "project_id": "${projectId}",`,
    `  "token_url": "${tokenUrl}",`,
    '  "account": 1234567890123456789,',
    '  "rate": 1.0,',
    '  "2024": "b", "1": "a"',
    '}',
    '',
  ].join('\r\n')

export const storedByOthers = {
  'a byte order mark': (held: Held) => `\uFEFF${JSON.stringify(whole(held))}`,
  'CRLF and own fields': withOwnFields,
  'names in camel case': ({ clientId, value }: Held) => `${JSON.stringify({ clientId, clientSecret: value })}\n`,
  'names in capitals': ({ clientId, value }: Held) =>
    `${JSON.stringify({ CLIENT_ID: clientId, CLIENT_SECRET: value, issuer: 'https://login.example.com' })}\n`,
  'one level deeper': ({ clientId, value }: Held) =>
    `${JSON.stringify({ stytch: { client_id: clientId, client_secret: value }, db: { password: 'x' } })}\n`,
  'the bare value': ({ value }: Held) => `${value}\n`,
  'cut off, with a name twice': ({ clientId, value }: Held) =>
    `{"client_id":"${clientId}","client_secret":"${value}","client_secret":"${value}"`,
  'an empty object': () => '{}',
  'an empty text': () => '',
  'a NUL behind it': (held: Held) => `${JSON.stringify(whole(held))}\0`,
} as const satisfies Readonly<Record<string, (held: Held) => string>>
