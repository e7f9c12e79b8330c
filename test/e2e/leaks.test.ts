// What the search for leaked values finds, and what it must not take for one.
import { expect, test } from 'vitest'
import { findLeaks } from './leaks.ts'

const projectSecret = { name: 'project secret', value: 'secret-test-c9Yq4mWzR7tKx2LbVd8sPfJhN3uEaGo6iQ=' }

test('a client id is no leak of a project secret whose random part begins with the same character', () => {
  const text = '{"clientId":"m2m-client-test-c9986916-24e4-4d42-86f5-4a91d65ced43"}'

  expect(findLeaks([{ from: 'page', text }], [projectSecret])).toEqual([])
})

test.each([
  ['plain', projectSecret.value],
  ['plain', 'a parser quotes "Wz R", or 7tKx2LbV of it'],
  ['base64', `Basic ${Buffer.from(`project-test-0:${projectSecret.value}`).toString('base64')}`],
  ['hex', Buffer.from(projectSecret.value).toString('hex')],
])('eight characters of its random part are one: %s', (form, text) => {
  expect(findLeaks([{ from: 'page', text }], [projectSecret])).toContainEqual(
    expect.objectContaining({ from: 'page', name: 'project secret', form }),
  )
})
