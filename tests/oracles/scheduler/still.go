package main

import (
	"context"
	"time"

	"k8s.io/client-go/tools/cache"
)

// stillInformer is a shared informer whose contents are set by hand. The
// scheduler's listers and event handlers hang on it as on a watching one, but
// every event is delivered before replace returns: no reflector, no goroutine
// and no waiting lie between a case and its answer.
type stillInformer struct {
	indexer  cache.Indexer
	handlers []cache.ResourceEventHandler
}

func newStillInformer() *stillInformer {
	indexers := cache.Indexers{cache.NamespaceIndex: cache.MetaNamespaceIndexFunc}
	return &stillInformer{indexer: cache.NewIndexer(cache.DeletionHandlingMetaNamespaceKeyFunc, indexers)}
}

// clear takes every object away and tells the handlers.
func (s *stillInformer) clear() error {
	for _, obj := range s.indexer.List() {
		if err := s.indexer.Delete(obj); err != nil {
			return err
		}
		for _, h := range s.handlers {
			h.OnDelete(obj)
		}
	}
	return nil
}

// add puts an object in and tells the handlers.
func (s *stillInformer) add(obj any) error {
	old, exists, err := s.indexer.Get(obj)
	if err != nil {
		return err
	}
	if err := s.indexer.Update(obj); err != nil {
		return err
	}
	for _, h := range s.handlers {
		if exists {
			h.OnUpdate(old, obj)
		} else {
			h.OnAdd(obj, false)
		}
	}
	return nil
}

func (s *stillInformer) AddEventHandler(h cache.ResourceEventHandler) (cache.ResourceEventHandlerRegistration, error) {
	s.handlers = append(s.handlers, h)
	return synced{}, nil
}

func (s *stillInformer) AddEventHandlerWithResyncPeriod(h cache.ResourceEventHandler, _ time.Duration) (cache.ResourceEventHandlerRegistration, error) {
	return s.AddEventHandler(h)
}

func (s *stillInformer) AddEventHandlerWithOptions(h cache.ResourceEventHandler, _ cache.HandlerOptions) (cache.ResourceEventHandlerRegistration, error) {
	return s.AddEventHandler(h)
}

func (s *stillInformer) RemoveEventHandler(cache.ResourceEventHandlerRegistration) error { return nil }
func (s *stillInformer) GetStore() cache.Store                                           { return s.indexer }
func (s *stillInformer) GetIndexer() cache.Indexer                                       { return s.indexer }
func (s *stillInformer) AddIndexers(i cache.Indexers) error {
	return s.indexer.AddIndexers(missing(s.indexer, i))
}
func (s *stillInformer) GetController() cache.Controller                    { return nil }
func (s *stillInformer) Run(stop <-chan struct{})                           { <-stop }
func (s *stillInformer) RunWithContext(ctx context.Context)                 { <-ctx.Done() }
func (s *stillInformer) HasSynced() bool                                    { return true }
func (s *stillInformer) HasSyncedChecker() cache.DoneChecker                { return synced{} }
func (s *stillInformer) LastSyncResourceVersion() string                    { return "" }
func (s *stillInformer) SetWatchErrorHandler(cache.WatchErrorHandler) error { return nil }
func (s *stillInformer) SetWatchErrorHandlerWithContext(cache.WatchErrorHandlerWithContext) error {
	return nil
}
func (s *stillInformer) SetTransform(cache.TransformFunc) error { return nil }
func (s *stillInformer) IsStopped() bool                        { return false }

// missing leaves out the indexers that are there already: adding one twice is
// an error of the store.
func missing(store cache.Indexer, wanted cache.Indexers) cache.Indexers {
	present := store.GetIndexers()
	rest := cache.Indexers{}
	for name, f := range wanted {
		if _, ok := present[name]; !ok {
			rest[name] = f
		}
	}
	return rest
}

// synced is the registration, and the checker, of something that is always in
// step.
type synced struct{}

var closed = func() chan struct{} {
	c := make(chan struct{})
	close(c)
	return c
}()

func (synced) HasSynced() bool                     { return true }
func (synced) HasSyncedChecker() cache.DoneChecker { return synced{} }
func (synced) Name() string                        { return "still" }
func (synced) Done() <-chan struct{}               { return closed }
