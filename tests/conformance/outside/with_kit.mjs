// fhir-kit-client: discovery, search page after page, create, update with If-Match, transaction.
import { Client } from 'fhir-kit-client'
import { FHIR, KNOWN, TOKEN, relative, same, step } from './common.mjs'

const client = new Client({ baseUrl: FHIR, bearerToken: TOKEN })
const smart = await client.smartAuthMetadata()
step('finds where to sign in', Boolean(smart.tokenUrl), smart)
let bundle = await client.search({ resourceType: 'Patient', searchParams: { _count: 3 } })
const found = []
while (bundle) {
  found.push(...bundle.entry.map((one) => one.resource.id))
  bundle = await client.nextPage({ bundle })
}
step('searches, page after page', same(found.sort(), [...KNOWN].sort()), found)
const sent = relative(KNOWN[0], 'kit')
const made = await client.create({ resourceType: 'RelatedPerson', body: sent })
const read = await client.read({ resourceType: 'RelatedPerson', id: made.id })
step('creates, and reads back what it sent', Object.keys(sent).every((one) => same(sent[one], read[one])), read)
const headers = { 'If-Match': `W/"${read.meta.versionId}"` }
const body = { ...read, telecom: [{ system: 'phone', value: '0699999999' }] }
const after = await client.update({ resourceType: 'RelatedPerson', id: made.id, body, options: { headers } })
step('updates with If-Match', after.telecom[0].value === '0699999999', after)
const refused = await client.update({ resourceType: 'RelatedPerson', id: made.id, body: read, options: { headers } })
  .then(() => 200, (reason) => reason.response?.status)
step('is refused an old version', refused === 412, refused)
const answer = await client.batch({ body: { resourceType: 'Bundle', type: 'batch', entry: [
  { request: { method: 'GET', url: `RelatedPerson/${made.id}` } }, { request: { method: 'GET', url: 'Patient?_count=1' } } ] } })
step('runs a batch', answer.entry.every((one) => one.response.status.startsWith('200')), answer)
await client.delete({ resourceType: 'RelatedPerson', id: made.id })
console.log('DONE')
