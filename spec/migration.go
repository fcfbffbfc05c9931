package spec

// Migration of a page that goes offline: mm/migrate.c. The lock of the page table is left out: it is held for a moment only.

// Locks and variables of migration, for one page.
var (
	PageLock       = &LockClass{Name: "page lock", Kind: Mutex, Doc: "PG_locked of the page that is migrated; include/linux/pagemap.h"}
	MigrationEntry = &VarClass{Name: "pte", Values: []string{"page", "migration entry"}, Doc: "what a page table has for the page; mm/migrate.c", Protected: lockOf(PageLock)}
	PagePinned     = &VarClass{Name: "page", Values: []string{"unpinned", "pinned"}, Doc: "whether the one waiter has a reference to the page; mm/migrate.c", Protected: lockOf(nil)}
	// pageWaiter is the one waiter for whom PagePinned stands.
	pageWaiter = &LockClass{Name: "page_waiter", Kind: WorkItem, Doc: "a ghost: one waiter for the page"}
)

var pageLock = PageLock.Of(NoBlock)

// migrateOffline models the retry of __offline_pages() with unmap_and_move() of its one page that is left: migration fails with -EAGAIN where
// somebody holds a reference more than the mapping does (migrate_page_move_mapping(), v4.20), and then the page is put back.
func migrateOffline(t Task, _ Block) Errno {
	pte := MigrationEntry.Of(NoBlock)
	memHotplugBegin(t)
	defer memHotplugDone(t)
	repeat := t.Mark()
	t.Lock(pageLock)
	t.Write(pte, True) // try_to_unmap()
	pinned := t.Read(PagePinned.Of(NoBlock)) == True
	t.Write(pte, False) // remove_migration_ptes(): of the old page, or of the new one
	t.Unlock(pageLock)
	if pinned {
		t.Again(repeat)
	}
	return OK
}

// faultOnMigration models a fault on the page: __migration_entry_wait() waits until the page is unlocked, and the access is tried again. Until 9a1ea439b16b
// it holds a reference meanwhile.
func faultOnMigration(t Task, _ Block) Errno {
	pins := !t.Kernel().Has(MigrationWaitUnpinned)
	retry := t.Mark()
	if t.Read(MigrationEntry.Of(NoBlock)) == False {
		return OK
	}
	if pins {
		t.Write(PagePinned.Of(NoBlock), True) // get_page_unless_zero()
	}
	t.Lock(pageLock) // wait_on_page_locked()
	t.Unlock(pageLock)
	if pins {
		t.Write(PagePinned.Of(NoBlock), False) // put_page()
	}
	t.Again(retry)
	return OK
}

func migrationActors() []Actor {
	return inGroup(GroupReaders,
		Actor{Name: "offline_migrate", Doc: "offlining migrates a page, and tries again until it can", Run: migrateOffline},
		Actor{Name: "page_fault", Doc: "a task accesses a page while it is migrated", Single: pageWaiter, Run: faultOnMigration},
	)
}
