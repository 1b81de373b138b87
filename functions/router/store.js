// Reads of the KeyValueStore, one after the other: promises side by side cost memory and gain nothing there.

const kvs = cf.kvs();

// The value of a key; null when there is none, or when it can't be read: errors don't say which.
async function read(key) {
  try {
    return await kvs.get(key);
  } catch (error) {
    return null;
  }
}

// Whether there is such a key.
async function has(key) {
  return await kvs.exists(key);
}
