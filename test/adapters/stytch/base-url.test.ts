// Where Stytch is: by the project's id alone.
import { expect, test } from 'vitest'
import { vendorBaseUrl } from '../../../lambda/adapters/stytch/base-url.ts'

test.each([
  ['project-live-00000000-0000-4000-8000-000000000000', 'https://api.stytch.com'],
  ['project-test-00000000-0000-4000-8000-000000000000', 'https://test.stytch.com'],
  ['something-else', 'https://test.stytch.com'],
])('%s is at %s', (projectId, url) => {
  expect(vendorBaseUrl(projectId)).toBe(url)
})
