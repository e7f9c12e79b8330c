// ListSecrets and BatchGetSecretValue: the two operations that look at many secrets at once.
import { AwsFault, invalidParameter } from './aws-fault.ts'
import { type Body, readInput } from './input.ts'
import type { AwsContext, AwsOperations } from './operations.ts'
import { pageOf, type SortKey, tokenClock } from './paging.ts'
import { matchesFilters, readFilters } from './secret-filters.ts'
import type { ListedSecret, SecretList } from './secret-list.ts'
import { valueEntry } from './value-operations.ts'

const MAX_LISTED = 100
const MAX_BATCH = 20

const sortKeys: Readonly<Record<string, (listed: ListedSecret) => SortKey>> = {
  'created-date': ({ sequence, entry }) => [entry.CreatedDate, sequence],
  'last-changed-date': ({ sequence, entry }) => [entry.LastChangedDate, sequence],
  'last-accessed-date': ({ sequence, entry }) => [entry.LastAccessedDate ?? 0, sequence],
  name: ({ sequence, entry }) => [entry.Name, sequence],
}

export const listOperations = (context: AwsContext, list: SecretList): AwsOperations => {
  const { views } = context

  const listSecrets = (body: Body): object => {
    const input = readInput(body)
    const filters = readFilters(input)
    const includesDeleted = input.flag('IncludePlannedDeletion') === true
    const maxResults = input.integer('MaxResults')
    const nextToken = input.text('NextToken')
    const sortBy = input.text('SortBy') ?? 'created-date'
    const sortOrder = input.text('SortOrder') ?? 'asc'
    const wanted: ListedSecret[] = []
    for (const listed of list.listed()) {
      const isShown = includesDeleted || listed.entry.DeletedDate === undefined
      if (isShown && matchesFilters(listed.entry, filters)) wanted.push(listed)
    }
    const page = pageOf(wanted, {
      keyOf: sortKeys[sortBy] ?? ((listed) => [listed.entry.CreatedDate, listed.sequence]),
      request: JSON.stringify([filters, includesDeleted, sortBy, sortOrder]),
      maxResults: maxResults ?? MAX_LISTED,
      nextToken,
      isDescending: sortOrder === 'desc',
      tokens: tokenClock(context),
    })
    return { SecretList: page.items.map(({ entry }) => entry), NextToken: page.nextToken }
  }

  const readOne = (secretId: string): { readonly value?: object; readonly error?: object } => {
    try {
      const refusal = context.refusesToRead?.(secretId)
      if (refusal !== undefined) throw refusal
      return { value: valueEntry(context, views.read({ op: 'BatchGetSecretValue', secretId }), {}) }
    } catch (error) {
      if (!(error instanceof AwsFault)) throw error
      return { error: { SecretId: secretId, ErrorCode: error.type, Message: error.message } }
    }
  }

  const readMany = (secretIds: readonly string[]): { SecretValues: object[]; Errors: object[] } => {
    const read = secretIds.map(readOne)
    return {
      SecretValues: read.flatMap(({ value }) => (value === undefined ? [] : [value])),
      Errors: read.flatMap(({ error }) => (error === undefined ? [] : [error])),
    }
  }

  const batchGetSecretValue = (body: Body): object => {
    const input = readInput(body)
    const secretIds = input.texts('SecretIdList')
    const filters = readFilters(input)
    const maxResults = input.integer('MaxResults')
    const nextToken = input.text('NextToken')
    if ((secretIds === undefined) === (filters.length === 0)) {
      throw invalidParameter("Either 'SecretIdList' or 'Filters' must be provided, but not both.")
    }
    if (secretIds !== undefined && maxResults !== undefined) {
      throw invalidParameter("'Filters' not specified. 'Filters' must also be specified when 'MaxResults' is provided.")
    }
    if (secretIds !== undefined) return readMany(secretIds)
    const wanted = [...list.listed()].filter(
      ({ entry }) => entry.DeletedDate === undefined && matchesFilters(entry, filters),
    )
    const page = pageOf(wanted, {
      keyOf: ({ sequence, entry }) => [entry.CreatedDate, sequence],
      request: JSON.stringify(filters),
      maxResults: maxResults ?? MAX_BATCH,
      nextToken,
      isDescending: false,
      tokens: tokenClock(context),
    })
    return { ...readMany(page.items.map(({ entry }) => entry.ARN)), NextToken: page.nextToken }
  }

  return { ListSecrets: listSecrets, BatchGetSecretValue: batchGetSecretValue }
}
