// What the API answers to `GET /revocations`: the list as S3 has it, mapped as lib/vend/served-revocations.ts maps it.

/** GetObject of the list, with the one header that the API passes on. */
export type ReadObject = (ifNoneMatch: string | undefined) => Promise<{
  readonly status: number
  readonly headers: Readonly<Record<string, string | undefined>>
  readonly body: string
}>

interface ListReply {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
}

const later: ListReply = {
  status: 503,
  headers: { 'content-type': 'application/json', 'retry-after': '5', 'cache-control': 'no-store' },
  body: JSON.stringify({
    error: 'temporarily_unavailable',
    error_description: 'The list of revocations cannot be read just now.',
  }),
}

/** @param answer S3's. */
export const toListReply = ({ status, headers, body }: Awaited<ReturnType<ReadObject>>): ListReply => {
  const pass = (...names: readonly string[]): Record<string, string> =>
    Object.fromEntries(names.flatMap((name) => (headers[name] === undefined ? [] : [[name, headers[name]]])))
  if (status === 200) {
    return { status, headers: pass('content-type', 'etag', 'cache-control', 'last-modified'), body }
  }
  return status === 304 ? { status, headers: pass('etag', 'cache-control'), body: '' } : later
}
