// Does what a program with the stock client does, in both formats, and prints what it
// got as JSON. The address of the portal is the argument.
'use strict';
const { promisify } = require('node:util');
const Open311 = require('open311');

const portal = process.argv[2];

async function session(format) {
  const client = new Open311({ discovery: `${portal}/open311/discovery.${format}`, apiKey: 'none', jurisdiction: 'qingnian-2' });
  const call = (name, ...args) => promisify(client[name].bind(client))(...args);
  const discovery = await call('serviceDiscovery', { cache: true });
  client.format = format; // discovery always chooses JSON
  const services = await call('serviceList');
  const definition = await call('serviceDefinition', 'civil-affairs.home-meal');
  const submitted = await call('submitRequest', {
    service_code: 'help-request', lat: 34.2653, long: 108.9541, description: '路灯不亮\nsince Monday', first_name: '三', last_name: '张', phone: '13800000000', device_id: 'd',
  });
  const applied = await call('submitRequest', {
    service_code: 'civil-affairs.home-meal', lat: 34.2653, long: 108.9541, attributes: { 'applicant-name': '张三', 'household-size': 2, 'lives-alone': 'true' },
  });
  const id = submitted[0].service_request_id;
  const one = await call('serviceRequest', id, {});
  const listed = await call('serviceRequests', { status: 'open', start_date: '2026-03-01T00:00:00Z' });
  const several = await call('serviceRequests', [id, 'unknown'], {});
  const token = await call('token', id);
  const refused = await call('submitRequest', { service_code: 'help-request', description: 'nowhere' }).then(() => null, (status) => status);
  return { endpoint: client.endpoint, discovery, services, definition, submitted, applied, one, listed, several, token, refused };
}

(async () => {
  const out = {};
  for (const format of ['json', 'xml']) out[format] = await session(format);
  process.stdout.write(JSON.stringify(out));
})().catch((failure) => {
  console.error(failure);
  process.exit(1);
});
