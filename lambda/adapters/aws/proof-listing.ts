// The evidence bucket as the sweep knows it: which proofs are stored under two tokens, and since when. One ListObjectsV2 of that prefix,
// signed by hand as the rotation function's put is; it reads no object. The reply is XML, of which little is read, and that strictly.
import { isProofOf, type ProofName, proofBase } from '../../core/rotation/proof.ts'
import type { ProofListing } from '../../core/sweep/owed-proofs.ts'
import type { SummaryListing } from '../../core/sweep/round-trips.ts'
import { archiveFailure, isHopelessStatus } from './archive-failure.ts'
import { s3ErrorOf } from './s3-error.ts'
import { type Sending, sendAgain } from './send-again.ts'
import { objectFailure } from './signed-object.ts'

interface ProofListingInput extends Pick<Sending, 'call' | 'wait'> {
  readonly bucket: string
  readonly stage: string
}

/** More than the rotation function stores under one name (sign-proof.ts). */
const MOST_KEYS = 50

interface ListedObject {
  readonly key: string
  readonly storedAt: number
}

const only = (xml: string, element: string): string | undefined => {
  const [one, ...more] = [...xml.matchAll(new RegExp(`<${element}>([^<]*)</${element}>`, 'g'))]
  return more.length === 0 ? one?.[1] : undefined
}

/** A proof's key holds nothing that XML escapes. */
const toObject = (contents: string): ListedObject | undefined => {
  const key = only(contents, 'Key')
  const storedAt = Date.parse(only(contents, 'LastModified') ?? '')
  return key === undefined || Number.isNaN(storedAt) ? undefined : { key, storedAt }
}

/** @returns undefined for whatever is no whole page of a listing. */
export const readListing = (xml: string): readonly ListedObject[] | undefined => {
  const body = /<ListBucketResult[ >][\s\S]*<\/ListBucketResult>\s*$/.exec(xml)?.[0]
  if (body === undefined) return undefined
  const blocks = [...body.matchAll(/<Contents>([\s\S]*?)<\/Contents>/g)].map(([, contents = '']) => toObject(contents))
  const objects = blocks.filter((object) => object !== undefined)
  const isWhole = objects.length === blocks.length && only(body, 'KeyCount') === String(blocks.length)
  return isWhole ? objects : undefined
}

type Listing = Omit<ProofListingInput, 'stage'>

/** @throws Fault ARCHIVE_UNAVAILABLE or ARCHIVE_REJECTED */
const listBelow = async ({ bucket, ...calls }: Listing, prefix: string): Promise<readonly ListedObject[]> => {
  const call = { operation: 'ListObjectsV2', bucket, key: `${prefix}*` }
  const sent = await sendAgain(
    calls,
    {
      method: 'GET',
      path: `/${bucket}`,
      query: { 'list-type': '2', prefix, 'max-keys': String(MOST_KEYS) },
      headers: {},
      body: '',
    },
    (reply) => (reply.status === 200 || isHopelessStatus(reply.status) ? undefined : s3ErrorOf(reply)),
  )
  if (sent.reply?.status !== 200) throw objectFailure(call, sent)
  const { headers, body } = sent.reply
  const listed = readListing(body)
  if (listed === undefined) {
    const requestId = headers['x-amz-request-id']
    throw archiveFailure(call, { name: 'a reply that is no listing', requestId, isHopeless: false })
  }
  return listed
}

/** Whether the summary of a day has arrived, by the same call. */
export const createSummaryListing = (listing: Listing): SummaryListing => ({
  hasAny: async (prefix) => (await listBelow(listing, prefix)).length > 0,
})

export const createProofListing = ({ stage, ...listing }: ProofListingInput): ProofListing => ({
  storedAt: async (proof) => {
    const name: ProofName = { stage, ...proof }
    const listed = await listBelow(listing, proofBase(name))
    return listed.filter(({ key }) => isProofOf(key, name)).map(({ storedAt }) => storedAt)
  },
})
