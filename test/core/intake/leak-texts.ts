// What people paste when a secret has leaked, in the forms that they paste it in. Each text is given a value and a client id to hold.

export interface Leaked {
  readonly value: string
  readonly clientId: string
}

const form = ({ value, clientId }: Leaked): string =>
  new URLSearchParams({ grant_type: 'client_credentials', client_id: clientId, client_secret: value }).toString()

const basic = ({ value, clientId }: Leaked): string => Buffer.from(`${clientId}:${value}`).toString('base64')

export const leakTexts: Readonly<Record<string, (leaked: Leaked) => string>> = {
  'the bare value': ({ value }) => value,
  'the bare value, on a line of its own': ({ value }) => `\r\n  ${value}\r\n`,
  'a .env': ({ value, clientId }) =>
    `# billing\r\nM2M_CLIENT_ID=${clientId}\r\nM2M_CLIENT_SECRET=${value}\r\nPORT=8080\r\n`,
  'a quoted .env': ({ value, clientId }) => `export CLIENT_ID='${clientId}'\nexport CLIENT_SECRET='${value}'\n`,
  "a shell's history": ({ value }) =>
    `  812  cd deploy\n  813  STYTCH_SECRET="${value}" ./run.sh; unset STYTCH_SECRET\n`,
  PowerShell: ({ value }) => `$env:CLIENT_SECRET = "${value}"; .\\run.ps1`,
  JSON: ({ value, clientId }) => JSON.stringify({ client_id: clientId, client_secret: value }, undefined, 2),
  'JSON within JSON': ({ value, clientId }) =>
    JSON.stringify({
      SecretString: JSON.stringify({ client_id: clientId, client_secret: value }),
      VersionStages: ['AWSCURRENT'],
    }),
  'a line of a log': (leaked) =>
    `{"level":30,"time":1790000000,"msg":"asking for a token","body":"${form(leaked)}","ms":41}`,
  'a line of a log that escapes everything': (leaked) =>
    `2026-11-29T03:12:00Z WARN body="${form(leaked).replaceAll('&', '\\u0026').replaceAll('=', '\\u003d')}"`,
  'YAML, folded': ({ value, clientId }) =>
    `stytch:\n  clientId: ${clientId}\n  clientSecret: >-\n    ${value}\n  region: eu\n`,
  'YAML in one line': ({ value, clientId }) => `env: {CLIENT_ID: ${clientId}, CLIENT_SECRET: ${value}}`,
  'a Kubernetes secret': ({ value }) =>
    `kind: Secret\ndata:\n  client-secret: ${Buffer.from(value).toString('base64')}\n`,
  'a curl': ({ value, clientId }) =>
    `curl -sS https://test.stytch.com/v1/public/p/oauth2/token -d client_id=${clientId} -d 'client_secret=${value}' | jq .`,
  'a curl over several lines': ({ value, clientId }) =>
    `curl -X POST \\\n  --data-urlencode client_id=${clientId} \\\n  --data-urlencode client_secret=\\\n${value}\n`,
  'a Basic header': (leaked) => `> POST /oauth2/token HTTP/1.1\n> Authorization: Basic ${basic(leaked)}\n> Accept: */*`,
  'a URL with a user': ({ value, clientId }) => `https://${clientId}:${value}@api.example.com/v1?x=1`,
  'a URL-encoded body': (leaked) => encodeURIComponent(form(leaked)),
  'a body that was encoded twice': (leaked) => encodeURIComponent(encodeURIComponent(form(leaked))),
  'every character percent-encoded': ({ value }) =>
    `token?s=${[...value].map((one) => `%${one.charCodeAt(0).toString(16)}`).join('')}`,
  HTML: ({ value }) => `<code>client_secret=&quot;${value}&quot;</code>`,
  'quoted-printable mail': ({ value }) => `Hi,=\n client_secret=3D${value.slice(0, 20)}=\n${value.slice(20)}=\n\nAda`,
  Markdown: ({ value }) => `It is \`${value}\`, I think (**${value}**).`,
  'a command line': ({ value, clientId }) => `./job --client-id=${clientId} --client-secret=${value} --verbose`,
  'a CSV': ({ value, clientId }) => `name;client_id;client_secret\nbilling;${clientId};${value}\n`,
  'a Properties file': ({ value }) => `stytch.client.secret : ${value}\n`,
  'a diff': ({ value }) => `@@ -1 +1 @@\n-client_secret: "${value}"\n+client_secret: "\${SECRET}"\n`,
  Terraform: ({ value }) => `  client_secret = "${value}" # TODO\n`,
  'a chat that slips in invisible characters': ({ value }) =>
    `secret:\u200b ${value.slice(0, 9)}\u200b${value.slice(9)}\u200b`,
}
