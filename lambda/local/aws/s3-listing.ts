// ListObjectsV2: which keys a page shows, in the order of their bytes, and what it rolls up below a delimiter. Pure.
import { S3Fault, type Xml } from './s3-wire.ts'

export interface ListedObject {
  readonly key: string
  readonly size: number
  /** Quotes included. */
  readonly etag: string
  /** Epoch milliseconds. */
  readonly storedAt: number
}

const MAX_KEYS = 1000

const byBytes = (one: ListedObject, other: ListedObject): number =>
  Buffer.compare(Buffer.from(one.key), Buffer.from(other.key))

const isBehind = (key: string, after: string): boolean => Buffer.compare(Buffer.from(key), Buffer.from(after)) > 0

const maxKeysOf = (query: URLSearchParams): number => {
  const text = query.get('max-keys')
  if (text === null) return MAX_KEYS
  if (!/^\d+$/.test(text)) {
    throw new S3Fault('InvalidArgument', 'Provided max-keys not an integer or within integer range', 400)
  }
  return Math.min(Number(text), MAX_KEYS)
}

const encodingOf = (query: URLSearchParams): 'url' | undefined => {
  const encoding = query.get('encoding-type')
  if (encoding === null) return undefined
  if (encoding === 'url') return encoding
  throw new S3Fault('InvalidArgument', 'Invalid Encoding Method specified in Request', 400)
}

const TOKEN = '1:'

const tokenOf = (last: string): string => Buffer.from(`${TOKEN}${last}`).toString('base64')

/** @throws S3Fault for a token that no listing gave out */
const lastOf = (token: string): string => {
  const text = Buffer.from(token, 'base64').toString('utf8')
  if (text.startsWith(TOKEN)) return text.slice(TOKEN.length)
  throw new S3Fault('InvalidArgument', 'The continuation token provided is incorrect', 400)
}

/** An entry of the page: an object, or a prefix that stands for all below it. */
const entriesOf = (objects: readonly ListedObject[], query: URLSearchParams): Map<string, ListedObject | undefined> => {
  const prefix = query.get('prefix') ?? ''
  const delimiter = query.get('delimiter') ?? ''
  const start = query.has('continuation-token') ? null : query.get('start-after')
  const entries = new Map<string, ListedObject | undefined>()
  // What follows the key is listed, also below a prefix that the key itself is below.
  const listed = objects.filter(({ key }) => key.startsWith(prefix) && (start === null || isBehind(key, start)))
  for (const object of listed.sort(byBytes)) {
    const cut = delimiter === '' ? -1 : object.key.indexOf(delimiter, prefix.length)
    if (cut < 0) entries.set(object.key, object)
    else entries.set(object.key.slice(0, cut + delimiter.length), undefined)
  }
  return entries
}

/** What follows ListBucketResult's opening tag. */
export const listingOf = (bucket: string, objects: readonly ListedObject[], query: URLSearchParams): Xml => {
  const token = query.get('continuation-token')
  const after = token === null ? null : lastOf(token)
  const maxKeys = maxKeysOf(query)
  const encoding = encodingOf(query)
  const all = [...entriesOf(objects, query)].filter(([name]) => after === null || isBehind(name, after))
  const page = all.slice(0, maxKeys)
  const last = page.at(-1)?.[0]
  const isTruncated = all.length > page.length && last !== undefined
  const shown = (name: string): string => (encoding === 'url' ? encodeURIComponent(name).replaceAll('%2F', '/') : name)
  const shownIf = (parameter: string): string | undefined => {
    const text = query.get(parameter)
    return text === null || text === '' ? undefined : shown(text)
  }
  return {
    Name: bucket,
    Prefix: shown(query.get('prefix') ?? ''),
    Delimiter: shownIf('delimiter'),
    StartAfter: shownIf('start-after'),
    ContinuationToken: token ?? undefined,
    NextContinuationToken: isTruncated ? tokenOf(last) : undefined,
    KeyCount: page.length,
    MaxKeys: maxKeys,
    EncodingType: encoding,
    IsTruncated: isTruncated,
    Contents: page.flatMap(([name, object]) =>
      object === undefined
        ? []
        : [
            {
              Key: shown(name),
              LastModified: new Date(object.storedAt).toISOString(),
              ETag: object.etag,
              Size: object.size,
              StorageClass: 'STANDARD',
            },
          ],
    ),
    CommonPrefixes: page.flatMap(([name, object]) => (object === undefined ? [{ Prefix: shown(name) }] : [])),
  }
}
